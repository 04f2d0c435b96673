"""The paper's two steps at their own length: the plan, the data in a form that travels, and the trainings."""
