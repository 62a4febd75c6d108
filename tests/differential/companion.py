"""The frame that the tests beside run.py share: which environments, and one image for each."""

import argparse
from collections.abc import Callable

import environments
import images
from environments import Environment, Unavailable
from run import Tally, chosen_environments

# Tries one environment with the command that launches its image, and counts.
Trial = Callable[[Environment, list[str], argparse.Namespace, Tally], None]


def count_launches(environment: Environment, problems: list[str | None], verdict: str,
                   tally: Tally) -> None:
    """One case: all launches are right (None), or the first problems are shown."""
    wrong = [f"launch {number}: {problem}" for number, problem in enumerate(problems) if problem]
    for line in wrong[:3]:
        print(f"      {line}")
    print(f"{'FAIL' if wrong else 'pass'}  {environment.name}: {len(problems) - len(wrong)} of "
          f"{len(problems)} {verdict}")
    tally.failed += bool(wrong)
    tally.passed += not wrong


def parser_for(description: str) -> argparse.ArgumentParser:
    """The options that all companions have."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    environments.add_option(parser)
    parser.add_argument("--plain", action="store_true", help="try plain Python")
    return parser


def try_environments(options: argparse.Namespace, trial: Trial, tally: Tally | None = None) -> int:
    """Runs the trial in each environment asked for; returns the exit status."""
    tally = tally or Tally()
    environments.WORK.mkdir(parents=True, exist_ok=True)
    for environment in chosen_environments(options.environment):
        try:
            environment.check()
            launcher = images.launcher_for(environment, options.plain)
        except Unavailable as unavailable:
            print(f"skip  {environment.name}: {unavailable}")
            tally.skipped += 1
        except images.BuildFailed as error:
            print(f"FAIL  {environment.name}: {error}")
            tally.failed += 1
        else:
            trial(environment, launcher, options, tally)
    print(tally.closing_line())
    return 1 if tally.failed else 0
