"""What a saliency map says about the areas of a picture, and how sure that is."""
