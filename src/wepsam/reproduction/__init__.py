"""The reproduction of the paper: studies of many training runs, their report, and published scores beside ours."""
