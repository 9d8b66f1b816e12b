"""Accuracy: every venue case with each printed figure beside ours, what is in dispute, and what no case covers."""

from pages.ui import accuracy_page

accuracy_page.show()
