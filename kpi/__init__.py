"""The KPI engine: definitions become SQL, SQL becomes values that say what they rest on."""
