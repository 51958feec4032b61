"""The databases that can answer KPI queries, behind one seam."""
