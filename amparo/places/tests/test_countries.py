from amparo.places import countries


def test_a_country_is_known_by_two_or_three_letters():
    assert countries.country("HND") == countries.country(" hn ")
    assert countries.country("npl").name == "Nepal"
    assert countries.country("Narnia") is None
    assert countries.code_of("gt") == "GTM"
    assert countries.code_of("xxx") == "XXX"


def test_every_country_has_its_own_codes_and_a_name():
    listed = set(countries._countries().values())
    assert len(listed) == 250
    assert len({country.iso2 for country in listed}) == 250
    assert all(country.name and len(country.code) == 3 and len(country.iso2) == 2 for country in listed)
