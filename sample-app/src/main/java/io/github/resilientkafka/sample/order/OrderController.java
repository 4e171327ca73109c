package io.github.resilientkafka.sample.order;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.PublisherClosedException;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * Takes and shows orders.
 */
@RestController
@RequestMapping("/orders")
class OrderController {

    private final OrderService orders;

    private final EventPublisher publisher;

    OrderController(OrderService orders, EventPublisher publisher) {
        this.orders = orders;
        this.publisher = publisher;
    }

    /**
     * Saves the order, then publishes it. The transaction is over before the publishing begins: nobody waits for Kafka
     * with a database connection in hand. The response follows once the event is durable, in Kafka or in the database.
     */
    @PostMapping
    CompletableFuture<ResponseEntity<PlacedOrder>> place(@Valid @RequestBody NewOrder request) {
        Order order = this.orders.create(request.customerId(), request.item(), request.amount());
        return publish(order, request.customerId()).thenApply(result -> ResponseEntity.accepted()
                .body(new PlacedOrder(order.getId(), result.eventId(), result.outcome())));
    }

    private CompletableFuture<PublishResult> publish(Order order, String key) {
        CompletableFuture<PublishResult> future;
        try {
            future = this.publisher.publish(OrderPlaced.TOPIC, key, order.toEvent());
        } catch (PublisherClosedException ex) {
            future = CompletableFuture.failedFuture(ex);
        }
        return future.exceptionallyCompose(
                error -> CompletableFuture.failedFuture(new OrderNotPublishedException(order.getId(), error)));
    }

    @GetMapping("/{orderId}")
    ShownOrder show(@PathVariable UUID orderId) {
        return this.orders
                .find(orderId)
                .map(ShownOrder::of)
                .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no order " + orderId));
    }

    @GetMapping
    List<ShownOrder> list(
            @RequestParam(required = false) @Nullable OrderStatus status,
            @RequestParam(defaultValue = "1000") @Min(1) @Max(10_000) int limit) {
        return this.orders.list(status, limit).stream().map(ShownOrder::of).toList();
    }

    /**
     * What is asked for.
     */
    record NewOrder(
            @NotBlank @Size(max = 100) String customerId,
            @NotBlank @Size(max = 100) String item,
            @NotNull @Min(1) @Max(1_000_000) Integer amount) {}

    /**
     * What is answered: the event is durable.
     */
    record PlacedOrder(UUID orderId, UUID eventId, Outcome outcome) {}

    /**
     * Where an order stands.
     */
    record ShownOrder(UUID orderId, String item, OrderStatus status, int attempts) {

        static ShownOrder of(Order order) {
            return new ShownOrder(order.getId(), order.getItem(), order.getStatus(), order.getAttempts());
        }
    }
}
