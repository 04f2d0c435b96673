"""Pictures that one wants to show."""
