"""The studies: their runs have names of their own, and compared arms see as many pictures."""

from __future__ import annotations

from dataclasses import replace

from wepsam.reproduction.studies import FULL, STUDIES, Human, Job, with_starts


def test_runs_have_names_of_their_own_and_come_after_their_starts() -> None:
    jobs = with_starts([job for study in STUDIES.values() for job in study(FULL)])
    assert len({job.name for job in jobs}) == len(jobs)
    for place, job in enumerate(jobs):
        assert job.start in (None, "imagenet", *jobs[:place])


def test_compared_arms_see_as_many_pictures() -> None:
    studies = ("labels", "convergence", "encoder", "deeper")
    jobs = {job.name: job for study in studies for job in STUDIES[study](FULL)}

    def seen(name: str) -> int:
        job = jobs[name]
        return job.pictures + (job.start.pictures if isinstance(job.start, Job) else 0)

    assert seen("convergence/weak-seed4") == seen("convergence/random-longer-seed4")
    assert seen("encoder/imagenet-weak-seed2") == seen("encoder/imagenet-seed2") == seen("encoder/random-weak-seed2")
    for name, job in jobs.items():
        if name.startswith("labels/ensemble"):  # nothing differs but the teacher
            rival = jobs[name.replace("ensemble", "weak")]
            assert isinstance(job.start, Job)
            assert isinstance(rival.start, Job)
            assert replace(job, start=None, arm="") == replace(rival, start=None, arm="")
            assert replace(job.start, data=rival.start.data, arm=rival.start.arm) == rival.start
        elif "as-long" in name:  # compared at equal fine-tuning
            assert job.pictures == jobs[name.replace("weak-as-long", "random")].pictures
        elif name.startswith("labels/weak") or (name.startswith("deeper/") and "-weak-" in name):
            assert isinstance(job.data, Human)
            assert seen(name) == seen(name.replace("weak", "random"))
