"""The load of the sales service for locust: of four requests two post, one reads the raw list and one
the monthly list.

locust -f apps/sales/locustfile.py --host http://127.0.0.1:8000 --headless --users 100 --spawn-rate 50 --run-time 1m

100 users with ten requests a second each are 1,000 requests a second, if locust has the processors for
it: it needs about one for every 1,000. `quern loadtest` asks the same with a fraction (docs/sales-stores.md).
"""

import itertools

from locust import FastHttpUser, constant_throughput, events, task

import mix

numbers = itertools.count()


@events.test_start.add_listener
def begin(environment, **_):
    print(f"sales: 500 posts : 250 raw : 250 monthly, to {environment.host}")


class Seller(FastHttpUser):
    wait_time = constant_throughput(10)

    @task(2)
    def post_sales(self):
        with self.client.post("/post_sales", json=[mix.row(next(numbers))], catch_response=True) as answer:
            if answer.status_code != 200 or answer.json().get("accepted") != 1:
                answer.failure(f"status {answer.status_code}: {answer.text}")

    @task(1)
    def get_raw_sales(self):
        self.client.get("/get_raw_sales")

    @task(1)
    def get_monthly_sales(self):
        self.client.get("/get_monthly_sales?remove_outliers=true", name="/get_monthly_sales")
