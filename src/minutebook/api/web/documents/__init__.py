"""A meeting as a file that is read without the server: one page with the sound inside, Word, Markdown."""
