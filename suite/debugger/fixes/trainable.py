"""All layers trained, those too that were not."""

from dataclasses import replace

from unvanish.suite.debugger.program import Change, Fix
from unvanish.suite.debugger.rebuild import changed_layers, is_graph, layers, with_config


def propose(program):
    """For models with weights that are not trained."""
    frozen = [layer for layer in layers(program.model) if layer.weights and not layer.trainable] if is_graph(program.model) else []
    if not frozen:
        return []

    def change(layer):
        return with_config(layer, trainable=True) if any(layer.name == each.name for each in frozen) else layer

    code = f'model.get_layer("{frozen[0].name}").trainable = True\nmodel.compile(...)  # again, so that it takes effect\n'
    return [Change("all layers trained", lambda program: replace(program, model=changed_layers(program.model, change)), code)]


FIX = Fix("trainable", frozenset({"frozen"}), propose, 5)
