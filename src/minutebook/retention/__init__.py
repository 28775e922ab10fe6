"""What is removed by its age, with a receipt."""
