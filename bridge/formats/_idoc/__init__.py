"""SAP IDocs: an order as an ORDERS05, flat or XML, and what SAP answers with."""
