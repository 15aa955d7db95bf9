"""What people see: templates, styles, scripts and translations, shipped as package data."""
