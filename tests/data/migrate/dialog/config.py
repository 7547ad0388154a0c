def init(app):
    app.register_action_param("catalogue", open("catalogue.csv"))
