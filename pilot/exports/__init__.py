"""A form for the survey tools that people have, and the mapping file that reads their answers back."""
