"""The pages of alarms: the list, one alarm's story, their quality."""
