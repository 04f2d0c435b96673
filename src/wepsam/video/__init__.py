"""Clips: frames with their times, maps in time, and what is drawn of them. Needs PyAV, the extra [video]."""
