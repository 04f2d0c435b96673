"""The networks.

Each takes (B, 3, H, W) pixels in [0, 1] and returns (B, H/4, W/4) maps or logits. `base.Network` states what else a
network can do; training and export ask the network and never which one it is.
"""
