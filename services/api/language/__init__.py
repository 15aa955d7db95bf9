"""How Linli speaks to people: two languages, and the words of the domain; for pages, files and Open311 alike."""
