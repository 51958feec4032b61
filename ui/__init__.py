"""What pages share: the frame, filters, figures drawn as HTML, tables, words and number formats."""
