import subprocess
import sys


def test_the_command_line_is_imported_without_its_parser():
    code = (
        "import sys; sys.modules['jsonargparse'] = None\n"
        "from groundwire_lightning.cli.lightning_cli import LightningCLI, ReduceLROnPlateau\n"
        "try: LightningCLI(args=[])\n"
        "except ModuleNotFoundError as error: print(error.name)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout == "jsonargparse\n", run.stderr
