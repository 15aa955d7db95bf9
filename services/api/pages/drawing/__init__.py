"""Charts and maps: SVG and GeoJSON made in Python, without style or script. Pure."""
