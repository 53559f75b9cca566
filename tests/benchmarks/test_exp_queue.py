"""What is read of DVC's words about queue and experiments."""

from benchmarks.exp_queue import name_of, states, table_of

STATUS = """\
Task     Name      Created    Status
b2b0d5e  weight-0  09:04 PM   Running
12ad3f0  weight-2  09:05 PM   Success
7788aaf  other     09:05 PM   Queued

Worker status: 1 active, 0 idle
"""
SHOW = """\
Experiment,rev,typ,Created,experiments.fog.edge_weight,fog.cyclegan.psnr
,workspace,baseline,,,20.1
weight-0,1234567,branch_commit,,0.0,19.5
"""


def test_states_are_those_of_the_grid():
    assert states(STATUS) == {"weight-0": "Running", "weight-2": "Success"}
    assert states("No experiment tasks in the queue.") == {}


def test_rows_are_found_by_experiment():
    rows = table_of(SHOW)
    assert set(rows) == {"weight-0"}
    assert rows[name_of(0.0)]["experiments.fog.edge_weight"] == "0.0"
