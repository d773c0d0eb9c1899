"""The three steps that C-RNN-GAN learns by, and their losses.

Next-event pretraining moves the generator to foretell real music; then the discriminator learns
to tell real from made, and the generator to be taken for real. Knows both networks and arrays of
cells; no files, no corpora.
"""

from __future__ import annotations

from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from musicgen.learning.adversarial_settings import AdversarialSettings
from musicgen.learning.gradients import GradientStep
from musicgen.networks.crnn_gan import DiscriminatorNetwork, GeneratorNetwork

Values = npt.NDArray[np.float32]
_FINAL_RATE: Final = 0.03  # of the highest rate, at the end of pretraining
_WARM_UP_SHARE: Final = 0.03
_ADAM_MEMORY: Final = (0.0, 0.99)  # of a game: the opponent moves, so the past soon misleads


class Players:
    """Both networks, the averaged generator, and how they learn.

    Args:
        generator_network: makes cells.
        discriminator_network: judges them.
        averaged_network: as the generator; follows it slowly.
        settings: of the training.
    """

    def __init__(
        self,
        generator_network: GeneratorNetwork,
        discriminator_network: DiscriminatorNetwork,
        averaged_network: GeneratorNetwork,
        settings: AdversarialSettings,
    ) -> None:
        self.generator_network = generator_network
        self.discriminator_network = discriminator_network
        self.averaged_network = averaged_network
        self._settings = settings
        learned = generator_network.trainable_variables
        grids = generator_network.non_trainable_variables
        judged = discriminator_network.trainable_variables
        self._foretell = GradientStep(self._foretelling, learned, grids, self._pretraining_optimizer())
        self._judge = GradientStep(
            self._judging, judged, [*learned, *grids], self._optimizer(settings.discriminator_rate)
        )
        self._compose = GradientStep(
            self._composing, learned, [*judged, *grids], self._optimizer(settings.generator_rate)
        )

    @property
    def variables(self) -> list[Any]:
        """Everything that training goes on from: both networks, averaged weights, all optimisers."""
        steps = (self._foretell, self._judge, self._compose)
        return [
            *self.generator_network.variables,
            *self.discriminator_network.variables,
            *self.averaged_network.variables,
            *(variable for step in steps for variable in step.optimizer.variables),
        ]

    def learning_rate(self, is_pretraining: bool) -> float:
        """The generator's at the moment."""
        step = self._foretell if is_pretraining else self._compose
        return float(ops.convert_to_numpy(step.optimizer.learning_rate))

    def pretrain(self, cells: Values, step: int, random: np.random.Generator) -> dict[str, float]:
        """One step of next-event learning.

        Args:
            cells: float32 (batch, time, numbers), real.
            step: of the run, from 0.
            random: of this step.
        """
        losses = self._foretell(self._noise(random, cells), cells)
        self._average(step)
        return losses

    def play(
        self, cells: Values, step: int, random: np.random.Generator, last: dict[str, float]
    ) -> dict[str, float]:
        """One step of the game: the discriminator, then the generator; one that is too good pauses.

        Args:
            cells: float32 (batch, time, numbers), real.
            step: of the run, from 0.
            random: of this step.
            last: the losses of the step before; empty at first.

        Returns:
            "generator_loss" and "discriminator_loss", both ln 2 in a draw of the paper's game.
        """
        noise = self._noise(random, cells)
        # The same two disturbances for all: what counts is how far a verdict moves.
        size = (2, *cells.shape[:2], self.generator_network.features)
        jitter = random.standard_normal(size if self._settings.smoothness else (2, 1, 1, 1), np.float32)
        share = self._settings.freezing
        ours, theirs = last.get("discriminator_loss", 0.0), last.get("generator_loss", 0.0)
        judged = self._judge(noise, cells, jitter, learn=not (last and ours < share * theirs))
        made = self._compose(noise, cells, learn=not (last and theirs < share * ours))
        self._average(step)
        return {"generator_loss": made["game"], "discriminator_loss": judged["game"]}

    def _noise(self, random: np.random.Generator, cells: Values) -> Values:
        return random.random((*cells.shape[:2], self.generator_network.noise), np.float32)

    def _foretelling(self, noise: Any, cells: Any) -> tuple[Any, dict[str, Any]]:
        loss = self.generator_network.next_event_loss(noise, cells)
        return loss + self._l2(self.generator_network), {"next_event_loss": loss}

    def _judging(self, noise: Any, cells: Any, jitter: Any) -> tuple[Any, dict[str, Any]]:
        settings = self._settings
        made = ops.stop_gradient(self.generator_network(noise)[1])
        real = ops.stop_gradient(self.generator_network.see(cells))
        shown = [real, made]
        if settings.smoothness:
            shown += [real + settings.jitter * jitter[0], made + settings.jitter * jitter[1]]
        verdicts = ops.split(self.discriminator_network(ops.concatenate(shown))[0], len(shown))
        game = discriminator_loss(settings.game, verdicts[0], verdicts[1])
        loss = game + self._l2(self.discriminator_network)
        if settings.smoothness:
            moved = sum(ops.mean(ops.square(a - b)) for a, b in zip(verdicts[:2], verdicts[2:], strict=True))
            loss = loss + settings.smoothness * moved / settings.jitter**2
        return loss, {"game": game}

    def _composing(self, noise: Any, cells: Any) -> tuple[Any, dict[str, Any]]:
        settings = self._settings
        made = self.generator_network(noise)[1]
        both = ops.concatenate([self.generator_network.see(cells), made])
        verdicts, seen = self.discriminator_network(both)
        real_verdict, made_verdict = ops.split(verdicts, 2)
        game = generator_loss(settings.game, real_verdict, made_verdict)
        loss = self._l2(self.generator_network)
        if settings.adversarial_weight:
            loss = loss + settings.adversarial_weight * game
        if settings.feature_matching:
            of_real, of_made = ops.split(ops.mean(seen, axis=1), 2)
            apart = ops.sum(ops.square(ops.mean(of_real, axis=0) - ops.mean(of_made, axis=0)))
            loss = loss + settings.feature_matching * apart
        if settings.likelihood_weight:
            foretold = self.generator_network.next_event_loss(noise, cells)
            loss = loss + settings.likelihood_weight * foretold
        return loss, {"game": game}

    def _l2(self, network: Any) -> Any:
        if not self._settings.l2:
            return ops.zeros(())
        kernels = [weight for weight in network.trainable_variables if len(weight.shape) > 1]
        return self._settings.l2 * sum(ops.sum(ops.square(kernel)) for kernel in kernels)

    def _average(self, step: int) -> None:
        # Young averages forget faster, or the first random weights would stay in them for long.
        kept = min(self._settings.averaging, (1.0 + step) / (10.0 + step))
        for slow, quick in zip(self.averaged_network.weights, self.generator_network.weights, strict=True):
            slow.assign(kept * slow + (1.0 - kept) * quick)

    def _pretraining_optimizer(self) -> Any:
        settings = self._settings
        if settings.optimizer == "sgd":
            return keras.optimizers.SGD(settings.pretraining_rate, global_clipnorm=settings.clip_norm)
        steps = max(1, settings.pretraining_steps)
        warm_up = max(1, round(_WARM_UP_SHARE * steps))
        schedule = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=settings.pretraining_rate / warm_up,
            warmup_target=settings.pretraining_rate,
            warmup_steps=warm_up,
            decay_steps=max(1, steps - warm_up),
            alpha=_FINAL_RATE,
        )
        return keras.optimizers.Adam(schedule, global_clipnorm=settings.clip_norm)

    def _optimizer(self, rate: float) -> Any:
        if self._settings.optimizer == "sgd":
            return keras.optimizers.SGD(rate, global_clipnorm=self._settings.clip_norm)
        first, second = _ADAM_MEMORY
        return keras.optimizers.Adam(
            rate, beta_1=first, beta_2=second, global_clipnorm=self._settings.clip_norm
        )


def discriminator_loss(game: str, real: Any, made: Any) -> Any:
    """The discriminator's side.

    Args:
        game: "cross_entropy", "hinge" or "relativistic".
        real, made: float32 (batch,), verdicts as logits.

    Returns:
        Scalar. Of the cross-entropy the mean of both halves, so that both sides have ln 2 in a draw.
    """
    if game == "hinge":
        return 0.5 * (ops.mean(ops.relu(1.0 - real)) + ops.mean(ops.relu(1.0 + made)))
    if game == "relativistic":
        return ops.mean(ops.softplus(made - real))
    return 0.5 * (ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(made)))


def generator_loss(game: str, real: Any, made: Any) -> Any:
    """The generator's side; as `discriminator_loss`."""
    if game == "hinge":
        return -ops.mean(made)
    if game == "relativistic":
        return ops.mean(ops.softplus(real - made))
    return ops.mean(ops.softplus(-made))
