"""This suite: all trials of a process as one compiled program, the sequences drawn block by block as in a benchmark."""

from tests.performance.workload import CLIP_NORM, LEARNING_RATE, Workload, take_turn

STEPS_PER_BLOCK = 50


def prepare(workload: Workload):
    from unvanish.suite.execution.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    import tensorflow as tf

    from unvanish.suite.experiment.plan import Budget, Condition
    from unvanish.suite.experiment.trial import Trial
    from unvanish.suite.mitigations import find
    from unvanish.suite.models import MODELS
    from unvanish.suite.probes.measurement.program import ProbeProgram
    from unvanish.suite.training.cohort import CohortTrainer
    from unvanish.suite.training.program_size import program_size_for
    from unvanish.suite.training.wave import Wave
    from unvanish.tasks.adding import Adding

    task, every = Adding(workload.length), min(STEPS_PER_BLOCK, workload.steps)
    budget = Budget(workload.hidden, workload.batch, workload.steps, every, 8, 8, 8, (1,), (1,))
    mitigations = find("gradient_clipping+rmsprop", {"gradient_clipping": {"threshold": CLIP_NORM}})
    condition = Condition(task, workload.model, mitigations, (LEARNING_RATE,), budget)
    trials = [Trial(condition, "tune", LEARNING_RATE, 1)] * workload.trials

    def build():
        size = program_size_for(task, MODELS[workload.model], budget, trials)
        trainer = CohortTrainer(task, workload.model, budget, size, [mitigations], ProbeProgram, [0])
        wave = Wave(trainer, trials)
        groups = list(wave.groups(range(len(trials))))
        starts = [(wave.settings_of(group), wave.state_of(group)) for group in groups]

        def train_block(settings, state, block: int):
            inputs, targets = trainer.stack_seeds([trainer.draw(1, block)])
            return trainer.programs.train(state, settings, inputs, targets, trainer.length, tf.constant(block * every + 1), trainer.length)

        train_block(*starts[0], 0)

        def train() -> float:
            for settings, state in starts:
                for block in range(workload.steps // every):
                    state, figures = train_block(settings, state, block)
            return float(figures.loss[-1, -1])

        return train

    return build


if __name__ == "__main__":
    take_turn(prepare)
