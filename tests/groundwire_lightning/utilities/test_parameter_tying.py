def test_shared_parameters_are_found_and_tied_again():
    import torch

    from groundwire_lightning.utilities import find_shared_parameters, set_shared_parameters

    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert (shared := find_shared_parameters(net)) == [["0.weight", "1.weight"]]
    net[1].weight = torch.nn.Parameter(torch.ones(2, 2))
    assert find_shared_parameters(set_shared_parameters(net, shared)) == shared
