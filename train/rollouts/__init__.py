"""How a model plays episodes: engines that sample, and rollouts that lead environments through them."""
