import pytest

# what some of the small ones do


def test_the_norms_of_gradients_are_those_of_lightning():
    import torch
    from lightning.pytorch.utilities import grad_norm

    from groundwire_lightning.utilities import grad_norm as ours

    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    assert ours(net, 2) == {}
    net(torch.ones(4, 2)).sum().backward()
    for norm in (1, 2, "inf"):
        assert ours(net, norm) == grad_norm(net, norm)
    with pytest.raises(ValueError, match="above 0"):
        ours(net, 0)
