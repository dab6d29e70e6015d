"""Reinforcement learning: groups of episodes, their advantages, the loss, and the loop."""
