"""The studies: their runs have names of their own, and compared arms see as many pictures."""

from __future__ import annotations

from dataclasses import replace

from wepsam.reproduction.studies import FULL, SMOKE, STUDIES, Human, Job, Weak, with_starts


def test_runs_have_names_of_their_own_and_come_after_their_starts() -> None:
    jobs = with_starts([job for study in STUDIES.values() for job in study(FULL)])
    assert len({job.name for job in jobs}) == len(jobs)
    for place, job in enumerate(jobs):
        assert job.start in (None, "imagenet", *jobs[:place])
        assert all(need in jobs[:place] for need in job.needs)


def test_compared_arms_see_as_many_pictures() -> None:
    studies = ("labels", "convergence", "encoder", "deeper", "efficiency")
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
        elif name.startswith(("labels/weak", "deeper/", "efficiency/five")) and "weak" in name:
            assert isinstance(job.data, Human)
            assert seen(name) == seen(name.replace("weak", "random"))


def test_a_teacher_has_learned_from_the_labels_of_its_student_and_no_others() -> None:
    """And nothing else differs from the student of GBVS."""
    jobs = {job.name: job for job in STUDIES["efficiency"](FULL)}
    light = [job for name, job in jobs.items() if "-light-" in name]
    assert 3 * len(light) == len(jobs)
    for job in light:
        assert isinstance(job.start, Job)
        assert isinstance(job.start.data, Weak)
        teacher = job.start.data.teacher
        assert isinstance(teacher, Job)
        assert (teacher.data, teacher.settings.seed) == (job.data, job.settings.seed)
        arm = job.name.replace("light", "weak").partition("/")[2]
        rival = jobs.get(f"efficiency/{arm}") or jobs[f"deeper/{arm}"]
        assert isinstance(rival.start, Job)
        assert replace(job, arm="", start=None) == replace(rival, arm="", start=None)
        assert replace(job.start, arm="", data=Weak()) == replace(rival.start, arm="")


def test_labels_of_different_teachers_lie_in_different_folders() -> None:
    jobs = with_starts([job for study in STUDIES.values() for job in study(FULL)])
    seen = {(weak.teacher, weak.size, weak.aspect): weak.name for job in jobs if isinstance(weak := job.data, Weak)}
    assert len(set(seen.values())) == len(seen)
    assert len(STUDIES["efficiency"](SMOKE)) == 3
