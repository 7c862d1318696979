"""Who is in the class, by number; the teacher removes those who should not be."""
