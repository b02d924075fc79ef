"""The designed samples that the corpus is made of: one file a design, named by what it draws."""
