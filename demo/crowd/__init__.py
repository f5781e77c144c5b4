"""A synthetic crowd: as many members as a city or a bench wants, all made up from one seed."""
