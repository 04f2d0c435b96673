"""Published scores of other models on MIT300, and our scores beside them."""
