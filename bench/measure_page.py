"""What the engine of the page costs in this machine's Chromium: one forward pass of the Stage 2
network, plays, calls and advice.

python bench/measure_page.py [--network stage2.onnx] [--browser chromium]

Builds web/bench with Vite, serves it on loopback with the page's files and waits for what the page
found. The last line is one JSON object. Needs `npm ci` in web/, the WebAssembly core (see
web/README.md) and the extra `export`, unless a network is named.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from forge.bidding.calibration import logistic
from forge.learn.onnx.export import export
from forge.models import catalog
from forge.models.stages import stage_of_file
from forge.policy import SHIPPED as POLICY

WEB = Path(__file__).parents[1] / "web"
NETWORK = "domino-eq-seat"
LIMIT_S = 600


class Handler(SimpleHTTPRequestHandler):
    """Serves files, and hears what the page found."""

    found: dict[str, object] | None = None
    heard = threading.Event()

    def do_POST(self) -> None:
        """What the page found."""
        length = int(self.headers["Content-Length"])
        Handler.found = json.loads(self.rfile.read(length))
        self.send_response(204)
        self.end_headers()
        Handler.heard.set()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def main() -> None:
    """Build, serve, measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", type=Path)
    parser.add_argument("--browser", default="chromium")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
        build = ["node", vite, "build", "bench", "--outDir", site, "--logLevel", "warn"]
        subprocess.run([*map(str, build), "--config", "bench/vite.config.ts"], cwd=WEB, check=True)
        fill(site / "assets", args.network, Path(folder))
        print(json.dumps(measure(site, args.browser, Path(folder) / "profile")))


def fill(assets: Path, network: Path | None, scratch: Path) -> None:
    """The files that the page fetches."""
    (assets / "ort").mkdir(parents=True, exist_ok=True)
    runtime = WEB / "node_modules" / "onnxruntime-web" / "dist"
    if network is None:
        network = exported(scratch / "stage2.onnx")
    files = {
        "crystal-forge.wasm": WEB / "core" / "crystal-forge.wasm",
        "seat.policy": POLICY,
        "calibration.json": Path(logistic.__file__).with_name("calibration.json"),
        "stage2.onnx": network,
        "ort/ort-wasm-simd-threaded.wasm": runtime / "ort-wasm-simd-threaded.wasm",
        "ort/ort-wasm-simd-threaded.mjs": runtime / "ort-wasm-simd-threaded.mjs",
    }
    for name, path in files.items():
        shutil.copyfile(path, assets / name)


def exported(out: Path) -> Path:
    """The shipped network as ONNX."""
    checkpoint = catalog.resolve(NETWORK)
    stage = stage_of_file(checkpoint)
    rows = partial(stage.open_export_rows, None, 20, None)
    export(checkpoint, out, rows, stage.exportable, variants=["fp32"], n_positions=20)
    return out


def measure(site: Path, browser: str, profile: Path) -> dict[str, object]:
    """Open the page and wait for it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/index.html"
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
    chromium = subprocess.Popen(
        [browser, *options, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        if not Handler.heard.wait(LIMIT_S) or Handler.found is None:
            raise SystemExit(f"error: the page said nothing within {LIMIT_S} seconds")
        return Handler.found
    finally:
        chromium.terminate()
        chromium.wait()
        server.shutdown()


if __name__ == "__main__":
    main()
