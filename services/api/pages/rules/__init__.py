"""The pages of rules: the list, the form, the versions, the rehearsal."""
