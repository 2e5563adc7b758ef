import pytest

from voiced.house import NotInTheHouseError, addresses_in_the_house


@pytest.mark.parametrize(
    ("url", "address"),
    [("http://127.0.0.1:8000/mcp", "127.0.0.1"), ("https://[::1]/", "::1"), ("http://192.168.1.7", "192.168.1.7")],
)
async def test_an_address_in_the_house_is_what_it_stands_for(url, address):
    assert await addresses_in_the_house(url) == [address]


@pytest.mark.parametrize("url", ["http://8.8.8.8/mcp", "https://[2001:4860:4860::8888]/mcp"])
async def test_an_address_on_the_internet_is_refused(url):
    with pytest.raises(NotInTheHouseError, match="not in the house"):
        await addresses_in_the_house(url)


async def test_a_name_that_nobody_knows_is_an_error_of_the_system():
    with pytest.raises(OSError, match=r"\[Errno"):
        await addresses_in_the_house("http://books.invalid/mcp")
