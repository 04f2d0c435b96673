"""Which results may stand in one table: those of the same pictures, fixations and protocol."""

from collections.abc import Sequence

from wepsam.evaluation.fingerprints import DATA
from wepsam.evaluation.results import Evaluation
from wepsam.files import as_seen


def refuse_others(evaluations: Sequence[Evaluation]) -> None:
    """See that evaluations are of the same pictures under one protocol.

    Raises:
        ValueError: they are not; says which differ in what.
    """
    first = evaluations[0]
    knowing = {key: next((e for e in evaluations if key in e.about), first) for key in DATA}
    for other in evaluations[1:]:
        for one in knowing.values():
            if same_ids(other, one) and (what := _other_data(other, one)):
                raise ValueError(_refusal(other, one, what))
        if not same_pictures(other, first):
            raise ValueError(
                f"{other.about['model']} and {first.about['model']} were evaluated on different pictures "
                f"({_pictures(other)}; {_pictures(first)}); a table compares on the same ones"
            )
        if other.about["protocol"] != first.about["protocol"]:
            raise ValueError(
                f"{other.about['model']} was scored with other metrics than {first.about['model']} (protocols "
                f"{other.about['protocol']} and {first.about['protocol']}); a table has one protocol"
            )


def same_pictures(one: Evaluation, other: Evaluation) -> bool:
    """Whether two evaluations are of the same pictures with the same fixations, as far as their records say."""
    return same_ids(one, other) and not _other_data(one, other)


def same_ids(one: Evaluation, other: Evaluation) -> bool:
    """Whether two evaluations are of pictures with the same ids in the same dataset."""
    # Ids are unique within a dataset only.
    ids, others = ([e.about["dataset"], *(row["id"] for row in e.rows)] for e in (one, other))
    return ids == others or list(map(as_seen, ids)) == list(map(as_seen, others))


def _other_data(one: Evaluation, other: Evaluation) -> str:
    """In what the data of two evaluations differ, in words; "" if in nothing that both records know."""
    both = [key for key in DATA if key in one.about and key in other.about]  # the oldest have none
    if "truth_sha256" in both:
        both.remove("dataset_sha256")  # says less of the same
    return next((DATA[key] for key in both if one.about[key] != other.about[key]), "")


def _refusal(one: Evaluation, other: Evaluation, what: str) -> str:
    return (
        f"{one.about['model']} and {other.about['model']} were evaluated on different {what} ({_pictures(one)}; "
        f"{_pictures(other)}); a table compares on the same ones, so evaluate both again"
    )


def _pictures(evaluation: Evaluation) -> str:
    return f"{len(evaluation.rows)} of {evaluation.about['dataset']} ({evaluation.about['split']})"
