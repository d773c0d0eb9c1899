"""Starting, watching and ending the processes of the site on one machine. Knows no Django."""
