"""wepsam app: a page on this machine."""

from wepsam import extras
from wepsam.cli import answer_options, options
from wepsam.cli.serve import limits, token


def app(
    host: answer_options.Host = "127.0.0.1",
    port: answer_options.Port = 7860,
    model: options.PredictModel = "wepsam-lite",
    quality: options.Quality = "best",
    calibration: options.CalibrationOf = None,
    browser: answer_options.Browse = True,
    token_file: answer_options.TokenFile = None,
    host_name: answer_options.HostNames = None,
    workers: answer_options.ServeWorkers = -1,
    max_pixels: options.MaxPixels = None,
    max_megabytes: answer_options.MaxMegabytes = 50,
    max_clip_seconds: answer_options.ClipSeconds = 120.0,
    public: answer_options.Public = False,
    shown_in: answer_options.ShownIn = None,
) -> None:
    """Open a page on this machine: drop pictures or clips, see where people will look, draw areas, save a report.

    The page works without a network. Pictures and clips are held in memory while it is open, and never written to a
    disk. With --host other machines may open it, too; browsers then ask for a name (any) and for the token as the
    password.

        wepsam app
        wepsam app --port 0 --no-browser
        wepsam app --model own.onnx --calibration own.json

    Needs pip install 'wepsam[app]'; for clips 'wepsam[app,video]'.
    """
    try:
        from wepsam.app import running
    except ModuleNotFoundError as error:
        raise extras.missing(error, "wepsam app") from None
    allowed = limits(workers, max_megabytes, max_pixels, max_clip_seconds)
    running.run(
        host, port, model, quality=quality, calibration=calibration, limits=allowed, token=token(token_file),
        hosts=host_name, browse=browser, public=public, shown_in=shown_in,
    )  # fmt: skip
