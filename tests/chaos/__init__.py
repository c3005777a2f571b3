"""What happens to activities when everything between worker and server goes wrong, step by step and by chance."""
