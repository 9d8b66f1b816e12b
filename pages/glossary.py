"""Glossary: every word of the product with its meaning, unit, formula and limits."""

from pages.ui import glossary_page

glossary_page.show()
