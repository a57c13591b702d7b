"""A control: a recurrent network of which only the output layer is trained."""

from unvanish.suite.mitigations.mitigation import Mitigation


class Frozen(Mitigation):
    """Only the output layer is trained, as in a reservoir (Jaeger 2001)."""

    name = "frozen"
    summary = "input and recurrent weights stay as they began, only the output layer learns: what an untrained state keeps (a reservoir)"
    against = "control"
    reference = "Jaeger 2001"
    position = 12
    trains_state = False

    def not_applicable(self, model):
        return None if model.recurrent else "there is no state to keep anything"

    @staticmethod
    def is_trainable(weight):
        return weight.startswith("output_")


MITIGATION = Frozen
