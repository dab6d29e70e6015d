"""Takes in one row after the other as sources are read: spools it and notes what selection has to know of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pipelines.curation.candidates import Candidate, CandidateWriter, identity_of, short_hash
from pipelines.curation.contamination import EvaluationSets
from pipelines.curation.inputs import number_of_inputs
from pipelines.curation.normal_form import normal_form
from pipelines.curation.options import Curation
from pipelines.curation.refuse import refusal
from pipelines.curation.signature import signature
from pipelines.sources.located import Located, Posed
from pipelines.splits import hashed_split, is_evaluation, problem_split
from pipelines.spool import Spool
from schemas.configs import SPLITS

_UNNAMED = -1


@dataclass
class Intake:
    """What was taken in.

    Attributes:
        bucket_of: the bucket of a problem's name.
        refused: why single rows are not wanted, by bucket and place.
        inputs: how many inputs each posed problem has to run on, by the hash of its name.
        splits: the split of each posed problem, by the hash of its name.
        contaminated: problems whose statement overlaps with an evaluation set, by the hash of their names:
            bucket, problem, and what it overlaps with.
        buckets: a number for each bucket, in the order of their first rows.
        problems: the problems in each bucket.
        seen: the ids of solutions that were taken in.
    """

    curation: Curation
    sets: EvaluationSets
    spool: Spool
    writer: CandidateWriter
    bucket_of: Callable[[str], str]
    refused: dict[str, dict[int, tuple[str, str]]] = field(default_factory=dict)
    inputs: dict[int, int] = field(default_factory=dict)
    splits: dict[int, int] = field(default_factory=dict)
    contaminated: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    buckets: dict[str, int] = field(default_factory=dict)
    problems: dict[str, set[int]] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)

    def _spooled(self, problem_id: str, found: Located | Posed) -> tuple[str, int, int]:
        bucket = self.bucket_of(problem_id)
        problem = short_hash(problem_id)
        self.buckets.setdefault(bucket, len(self.buckets))
        self.problems.setdefault(bucket, set()).add(problem)
        return bucket, problem, self.spool.add(bucket, found)

    def _statement(self, problem_id: str, statement: str, source: str) -> None:
        problem = short_hash(problem_id)
        if statement and not is_evaluation(source) and problem not in self.contaminated:
            hit = self.sets.statement_hit(statement)
            if hit:
                self.contaminated[problem] = (self.bucket_of(problem_id), problem_id, hit)

    def take_problem(self, posed: Posed) -> None:
        """Takes in a problem."""
        problem = posed.problem
        _, key, _ = self._spooled(problem.id, posed)
        self.splits.setdefault(key, SPLITS.index(problem_split([problem])))
        self.inputs.setdefault(key, number_of_inputs(problem.tests, self.curation))
        self._statement(problem.id, problem.statement, problem.source)

    def take_solution(self, located: Located, file: int) -> bool:
        """Takes in a solution; False where another one had its id."""
        solution = located.solution
        identity = identity_of(solution.id)
        if identity in self.seen:
            return False
        self.seen.add(identity)
        bucket, problem, place = self._spooled(solution.problem_id, located)
        self._statement(solution.problem_id, solution.statement, solution.source)
        form = normal_form(solution.program.code)
        sketch = signature(form.words)
        evaluation = is_evaluation(solution.source)
        why = refusal(solution, self.curation)
        if why is None and not evaluation:
            hit = self.sets.program_hit(form, sketch)
            why = ("contaminated", hit) if hit else None
        if why is not None:
            self.refused.setdefault(bucket, {})[place] = why
        self.writer.add(
            Candidate(
                identity=identity,
                name=f"{solution.id} ({located.location})",
                digest=form.digest,
                signature=sketch,
                problem=problem,
                group=short_hash(solution.problem_id, solution.model, str(solution.correct)),
                bucket=self.buckets[bucket],
                place=place,
                file=file,
                inputs=number_of_inputs(solution.tests, self.curation),
                evaluation=evaluation,
                named_split=SPLITS.index(solution.split) if solution.split else _UNNAMED,
                hashed_split=SPLITS.index(hashed_split(solution.problem_id)),
                correct=-1 if solution.correct is None else int(solution.correct),
                refused=why is not None,
            )
        )
        return True
