from amparo.config.cli import main

main()
