"""What a model is asked and how it is rewarded, apart from any model: output prediction, solve, self-RLEF."""

from train.environments.output_prediction import OutputPrediction
from train.environments.self_rlef import SelfRlef
from train.environments.situation import Ask, Ending, Environment, Reply, Role, Situation
from train.environments.solve import Solve

__all__ = ["Ask", "Ending", "Environment", "OutputPrediction", "Reply", "Role", "SelfRlef", "Situation", "Solve"]
