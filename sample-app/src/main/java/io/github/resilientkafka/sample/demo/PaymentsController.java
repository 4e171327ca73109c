package io.github.resilientkafka.sample.demo;

import io.github.resilientkafka.sample.order.Payments;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * The payment service's switch.
 */
@RestController
@RequestMapping("/demo/payments")
class PaymentsController {

    private final Payments payments;

    PaymentsController(Payments payments) {
        this.payments = payments;
    }

    @GetMapping
    PaymentsState state() {
        return new PaymentsState(this.payments.isUp() ? "up" : "down");
    }

    @PostMapping("/{action}")
    PaymentsState change(@PathVariable String action) {
        this.payments.setUp(
                switch (action) {
                    case "up" -> true;
                    case "down" -> false;
                    default ->
                        throw new ResponseStatusException(
                                HttpStatus.NOT_FOUND, "No action '" + action + "'; there is: down, up");
                });
        return state();
    }

    /**
     * Whether the service is there.
     */
    record PaymentsState(String payments) {}
}
