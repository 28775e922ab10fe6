"""The few pages a browser sees: setup, sign-in, consent. Plain HTML and one style sheet, no JavaScript."""
