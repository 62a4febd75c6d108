"""One mutant: damage, launch, verify, heal."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import page
from anatomy import Anatomy
from mutations import Mutant, Mutations
from outcomes import Ended, Launches, Outcome

# The kernel maps an executed file, and enters it, before anything of it can be checked.
READ_BY_KERNEL = ("ELF header", "program headers")


@dataclass(frozen=True)
class Verdict:
    """How a mutant was received; `problem` is None where it was as it must be."""

    mutant: Mutant
    executed: bool
    outcome: Outcome
    ended: Ended
    found: bool  # by `pysnap verify`
    problem: str | None

    def __str__(self) -> str:
        how = "executed" if self.executed else "pysnap-run"
        return (f"mutant {self.mutant.number} ({self.mutant.kind}, {how}): {self.mutant.what}: "
                f"{self.problem or self.outcome.value}, {'' if self.found else 'not '}found by "
                f"verify\n      {self.ended}")


class Patient:
    """The file that is damaged and healed."""

    def __init__(self, image: Path, whole: bytes):
        self.image = image
        self.whole = whole

    def write(self, patches: list[tuple[int, bytes]]) -> None:
        """Replaces bytes. While a file is open for writing, the kernel does not execute it."""
        file = os.open(self.image, os.O_RDWR | os.O_CLOEXEC)
        try:
            for offset, new in patches:
                os.pwrite(file, new, offset)
        finally:
            os.close(file)

    def damage(self, mutant: Mutant) -> None:
        """Makes the change."""
        if mutant.size is not None:
            os.truncate(self.image, mutant.size)
        self.write(mutant.patches)

    def heal(self, mutant: Mutant) -> None:
        """Takes it back."""
        if mutant.size is not None:
            os.truncate(self.image, min(mutant.size, len(self.whole)))
            self.write([(mutant.size, self.whole[mutant.size:])])
        self.write([(offset, self.whole[offset:offset + len(new)])
                    for offset, new in mutant.patches])


class Trials:
    """Mutants of a copy of an image, which is this process's own."""

    def __init__(self, anatomy: Anatomy, image: Path, python: Path, seed: int):
        self.restorer_end = max(part.end for part in anatomy.restorer())
        self.mutations = Mutations(anatomy, seed)
        self.patient = Patient(image, anatomy.bytes)
        self.launches = Launches(image, python, image.parent)

    def may_be(self, outcome: Outcome, mutant: Mutant, executed: bool) -> bool:
        """Whether a bad outcome is one that nothing of ours could have prevented."""
        if mutant.kind in page.PAGES:
            return True
        if not executed:
            return False
        is_short = mutant.size is not None and mutant.size < self.restorer_end
        if mutant.kind in READ_BY_KERNEL or is_short:
            return outcome is Outcome.KILLED
        return mutant.kind == "restorer"

    def problem(self, mutant: Mutant, executed: bool, outcome: Outcome, found: bool) -> str | None:
        """What is wrong with how a mutant was received."""
        if not outcome.good and not self.may_be(outcome, mutant, executed):
            return outcome.value
        if mutant.impossible and outcome is not Outcome.REFUSED:
            return f"{outcome.value}, although no image can be so"
        if not found and not mutant.kind.startswith("sealed"):
            return "damage that verify must find"
        return None

    def run(self, number: int, kept: Path) -> Verdict:
        """Tries one mutant; keeps the file of one that was not received as it must be."""
        mutant = self.mutations.make(number)
        executed = number % 2 == 1
        self.patient.damage(mutant)
        outcome, ended = self.launches.outcome(executed, mutant.moved)
        found = self.launches.verify_finds()
        problem = self.problem(mutant, executed, outcome, found)
        if problem is not None:
            shutil.copy(self.patient.image, kept / f"{number}.pysnap")
        self.patient.heal(mutant)
        return Verdict(mutant, executed, outcome, ended, found, problem)
