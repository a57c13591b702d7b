"""PyTorch: its own recurrent layers, a loop over the steps of each trial, one thread a process."""

from tests.performance.workload import CLIP_NORM, LEARNING_RATE, RHO, Workload, sequences, take_turn


def prepare(workload: Workload):
    import torch

    torch.set_num_threads(1)
    inputs, targets = sequences(workload)
    x = torch.from_numpy(inputs).transpose(1, 2).contiguous()  # [step, time, batch, 2]: the layers' own order
    y = torch.from_numpy(targets)
    layer = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[workload.model]

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent, self.output = layer(2, workload.hidden), torch.nn.Linear(workload.hidden, 1)

        def forward(self, sequence):
            return self.output(self.recurrent(sequence)[0][-1])

    def run(network, optimizer, steps):
        for step in range(steps):
            optimizer.zero_grad(set_to_none=True)
            loss = torch.nn.functional.mse_loss(network(x[step]), y[step])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP_NORM)
            optimizer.step()
        return float(loss.detach())

    def build():
        networks = [Network() for _ in range(workload.trials)]
        optimizers = [torch.optim.RMSprop(network.parameters(), LEARNING_RATE, alpha=RHO) for network in networks]
        run(networks[0], optimizers[0], 2)

        def train() -> float:
            return [run(network, optimizer, workload.steps) for network, optimizer in zip(networks, optimizers, strict=True)][-1]

        return train

    return build


if __name__ == "__main__":
    take_turn(prepare)
