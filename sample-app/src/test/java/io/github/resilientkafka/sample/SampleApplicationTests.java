package io.github.resilientkafka.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.UseMainMethod;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.client.TestRestTemplate;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The sample as a visitor meets it: over HTTP, with its own broker and database (rows W1, W6, W7, W8, W10).
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, useMainMethod = UseMainMethod.ALWAYS)
@Timeout(120)
class SampleApplicationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Autowired
    private TestRestTemplate http;

    @Autowired
    private LocalKafka kafka;

    @Autowired
    private JdbcTemplate jdbc;

    @AfterEach
    void healthyAgain() {
        post("/demo/payments/up");
        this.kafka.start();
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(text(get("/actuator/health"), "/status")).isEqualTo("UP");
            assertThat(pending()).isZero();
        });
    }

    @Test
    void whenTheBrokerIsThereThenAnOrderIsSentAndConfirmed() {
        JsonNode placed = place("c1", 1);
        assertThat(text(placed, "/outcome")).isEqualTo("SENT");
        assertThat(UUID.fromString(text(placed, "/eventId")).version()).isEqualTo(7);
        awaitStatus(placed, "CONFIRMED");
    }

    @Test
    void whenAnOrderIsTooLargeThenTheListenerRejectsIt() {
        JsonNode placed = place("c1", 101);
        awaitStatus(placed, "REJECTED");
        assertThat(get("/orders?status=REJECTED").findValuesAsText("orderId")).contains(text(placed, "/orderId"));
        assertThat(get("/orders?status=CONFIRMED").findValuesAsText("orderId"))
                .doesNotContain(text(placed, "/orderId"));
    }

    @Test
    void whenTheBrokerIsKilledAndComesBackThenEveryOrderArrives() {
        awaitStatus(place("c1", 1), "CONFIRMED");
        double storedBefore = metric("kafka.events.stored_for_retry");

        assertThat(text(post("/demo/broker/kill"), "/broker")).isEqualTo("STOPPED");
        List<JsonNode> orders = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            long start = System.nanoTime();
            JsonNode order = place("c" + i % 5, 1);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
            assertThat(text(order, "/outcome")).isEqualTo("STORED");
            orders.add(order);
        }

        await().atMost(PATIENCE).untilAsserted(() -> {
            ResponseEntity<JsonNode> health = exchange(HttpMethod.GET, "/actuator/health", null);
            assertThat(health.getStatusCode().value()).isEqualTo(200);
            assertThat(text(health.getBody(), "/status")).isEqualTo("DEGRADED");
            assertThat(text(health.getBody(), "/components/kafkaPublisher/details/circuitBreaker"))
                    .isNotEqualTo("CLOSED");
            assertThat(text(health.getBody(), "/components/kafkaPublisher/details/pending"))
                    .isEqualTo("30");
        });
        assertThat(pending()).isEqualTo(30);
        assertThat(metric("kafka.circuit_breaker.open")).isOne();
        assertThat(metric("kafka.events.stored_for_retry") - storedBefore).isEqualTo(30);
        assertThat(text(get("/orders/" + text(orders.get(0), "/orderId")), "/status"))
                .isEqualTo("PENDING");

        assertThat(text(post("/demo/broker/start"), "/broker")).isEqualTo("RUNNING");
        orders.forEach(order -> awaitStatus(order, "CONFIRMED"));
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(text(get("/actuator/health"), "/status")).isEqualTo("UP");
            assertThat(pending()).isZero();
            assertThat(metric("kafka.circuit_breaker.open")).isZero();
        });
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(text(place("c1", 1), "/outcome"))
                .isEqualTo("SENT"));
    }

    @Test
    @DisplayName("N7: orders wait while payments are down, at no attempt, and are confirmed within 2 s of their return")
    void whenPaymentsAreDownThenOrdersWait() {
        awaitStatus(place("c1", 1), "CONFIRMED");
        assertThat(text(post("/demo/payments/down"), "/payments")).isEqualTo("down");
        List<JsonNode> orders = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            orders.add(place("c" + i, 1));
        }
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        metric("kafka.listener.partitions.paused?tag=listener:orders&tag=state:held"))
                .isPositive());
        assertThat(orders)
                .allSatisfy(order -> assertThat(text(shown(order), "/status")).isEqualTo("PENDING"));

        assertThat(text(post("/demo/payments/up"), "/payments")).isEqualTo("up");
        await().atMost(Duration.ofSeconds(2))
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> assertThat(orders).allSatisfy(order -> assertThat(text(shown(order), "/status"))
                        .isEqualTo("CONFIRMED")));
        assertThat(orders)
                .allSatisfy(order -> assertThat(text(shown(order), "/attempts")).isEqualTo("1"));
    }

    @Test
    @DisplayName("N3: bad data is dead-lettered at once and its order is told, what fails now and then is tried again")
    void whenItemsMakeTroubleThenOneIsTriedAgainAndOneIsGivenUp() {
        JsonNode poison = order("c1", "poison", 1);
        JsonNode behind = order("c1", "book", 1);
        JsonNode flaky = order("c2", "flaky", 1);
        awaitStatus(poison, "FAILED");
        awaitStatus(behind, "CONFIRMED");
        awaitStatus(flaky, "CONFIRMED");
        assertThat(text(shown(flaky), "/attempts")).isEqualTo("3");
        assertThat(get("/orders?status=FAILED").findValuesAsText("orderId")).contains(text(poison, "/orderId"));
    }

    @Test
    void whenTheBrokerFreezesThenOrdersAreStoredAndArriveOnceItThaws() {
        awaitStatus(place("c1", 1), "CONFIRMED");
        assertThat(text(post("/demo/broker/freeze"), "/broker")).isEqualTo("FROZEN");
        JsonNode order = place("c1", 1);
        assertThat(text(order, "/outcome")).isEqualTo("STORED");
        assertThat(text(post("/demo/broker/start"), "/broker")).isEqualTo("RUNNING");
        awaitStatus(order, "CONFIRMED");
    }

    @Test
    void whenAnEventIsStoredThenTheEndpointShowsRetriesAndDiscardsIt() {
        post("/demo/broker/kill");
        String kept = text(place("keep me", 1), "/eventId");
        String lost = text(place("discard me", 1), "/eventId");

        JsonNode page = get("/actuator/kafkaevents/rows?status=PENDING&topic=orders.placed&newerThan=10m&key=keep me");
        assertThat(page.at("/rows")).hasSize(1);
        assertThat(text(page, "/rows/0/eventId")).isEqualTo(kept);
        assertThat(text(page, "/rows/0/failureKind")).isEqualTo("OUTAGE");
        assertThat(page.at("/rows/0/payload").isMissingNode()).isTrue();

        String row = "/actuator/kafkaevents/rows/" + text(page, "/rows/0/id");
        assertThat(get(row).at("/payload").isMissingNode()).isTrue();
        JsonNode detail = get(row + "?payload=true");
        assertThat(text(detail, "/payload/encoding")).isEqualTo("text");
        assertThat(text(detail, "/payload/value")).contains("\"customerId\":\"keep me\"");
        assertThat(detail.at("/headers").findValuesAsText("name")).contains("ce_id", "ce_type");
        assertThat(text(post(row + "/retry"), "/action")).isEqualTo("retry");

        String other = text(get("/actuator/kafkaevents/rows?eventId=" + lost), "/rows/0/id");
        assertThat(exchange(HttpMethod.DELETE, "/actuator/kafkaevents/rows/" + other, null)
                        .getStatusCode()
                        .value())
                .isEqualTo(200);
        assertThat(get("/actuator/kafkaevents/rows?eventId=" + lost).at("/rows"))
                .isEmpty();
    }

    @Test
    void whenAnEventIsExplainedThenTheEndpointSaysWhereItIsAndWhy() {
        String sent = text(place("c1", 1), "/eventId");
        JsonNode found = get("/actuator/kafkaevents/explain/" + sent + "?topic=orders.placed");
        assertThat(text(found, "/state")).isEqualTo("SENT");
        assertThat(text(found, "/why")).contains("Topic orders.placed has it in partition");
        assertThat(found.at("/searches/0/offset").isNumber()).isTrue();
        assertThat(text(get("/actuator/kafkaevents/explain/" + sent), "/state")).isEqualTo("UNKNOWN");

        post("/demo/broker/kill");
        String stored = text(place("c1", 1), "/eventId");
        JsonNode waiting = get("/actuator/kafkaevents/explain/" + stored);
        assertThat(text(waiting, "/state")).isEqualTo("STORED");
        assertThat(text(waiting, "/why")).contains("circuit");
        assertThat(text(waiting, "/rows/0/status")).isEqualTo("PENDING");

        String random = UUID.randomUUID().toString();
        assertProblem(look("/actuator/kafkaevents/explain/abc"), 400, "eventId 'abc'");
        assertProblem(look("/actuator/kafkaevents/explain/" + random + "?topic=a*b"), 400, "topic 'a*b'");
        assertProblem(look("/actuator/kafkaevents/explain/" + random + "?topic=orders.placed"), 400, "since");
        assertProblem(look("/actuator/kafkaevents/explain/" + random + "?topic=t&since=soon"), 400, "since 'soon'");
    }

    @Test
    void whenDeadLettersAreReplayedThenTheyArriveAndTheJobCanBeLookedAt() {
        post("/demo/broker/kill");
        JsonNode placed = place("c1", 1);
        this.jdbc.update(
                "update failed_kafka_events set status = 'DLQ', resolved_at = created_at where event_id = ?",
                UUID.fromString(text(placed, "/eventId")));
        this.jdbc.update("update kafka_lane set dlq = dlq + 1 where lane = (select lane from failed_kafka_events"
                + " where status = 'DLQ')");
        post("/demo/broker/start");

        JsonNode dryRun = startReplay(Map.of("topic", "orders.placed", "dryRun", true));
        JsonNode counted = awaitDone(dryRun);
        assertThat(counted.at("/found").asInt()).isOne();
        assertThat(counted.at("/replayed").asInt()).isZero();
        assertThat(text(counted, "/examples/0/eventId")).isEqualTo(text(placed, "/eventId"));

        JsonNode started =
                startReplay(Map.of("topic", "orders.placed", "rowsPerSecond", 10, "deadLetteredSince", "1h"));
        assertThat(awaitDone(started).at("/replayed").asInt()).isOne();
        awaitStatus(placed, "CONFIRMED");
        assertThat(get("/actuator/kafkaevents/replays").at("/jobs").findValuesAsText("id"))
                .contains(text(dryRun, "/id"), text(started, "/id"));

        String url = "/actuator/kafkaevents/replays";
        assertProblem(exchange(HttpMethod.DELETE, url + "/" + text(dryRun, "/id"), null), 409, "DONE");
        assertProblem(look(url + "/" + UUID.randomUUID()), 404, "No replay");
        assertProblem(look(url + "/7"), 400, "id '7'");
        assertProblem(exchange(HttpMethod.POST, url, Map.of()), 400, "topic");
        assertProblem(exchange(HttpMethod.POST, url, Map.of("topic", "orders.placed.dlq")), 400, "topic");
        assertProblem(exchange(HttpMethod.POST, url, Map.of("topic", "t", "rowsPerSecond", 0)), 400, "rowsPerSecond");
        assertProblem(exchange(HttpMethod.POST, url, Map.of("topic", "t", "dryrun", true)), 400, "'dryrun'");
        assertProblem(exchange(HttpMethod.POST, url + "?dryrun=true", Map.of("topic", "t")), 400, "'dryrun'");
    }

    private JsonNode startReplay(Map<String, Object> parameters) {
        ResponseEntity<JsonNode> response = exchange(HttpMethod.POST, "/actuator/kafkaevents/replays", parameters);
        assertThat(response.getStatusCode().value())
                .as("%s", response.getBody())
                .isEqualTo(200);
        return response.getBody();
    }

    private JsonNode awaitDone(JsonNode job) {
        String url = "/actuator/kafkaevents/replays/" + text(job, "/id");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(text(get(url), "/state")).isEqualTo("DONE"));
        return get(url);
    }

    @Test
    void whenTheEndpointIsAskedNonsenseThenItSaysSo() {
        assertProblem(look("/actuator/kafkaevents/rows?limit=0"), 400, "limit '0'");
        assertProblem(look("/actuator/kafkaevents/rows?status=LOST"), 400, "status 'LOST'");
        assertProblem(look("/actuator/kafkaevents/rows?olderThan=soon"), 400, "olderThan 'soon'");
        assertProblem(look("/actuator/kafkaevents/rows/abc"), 400, "abc");
        assertProblem(look("/actuator/kafkaevents/rows/999999999"), 404, "999999999");
        assertProblem(look("/actuator/kafkaevents/columns"), 404, "columns");
        assertProblem(exchange(HttpMethod.POST, "/actuator/kafkaevents/rows/1/explode", null), 404, "explode");
        assertProblem(exchange(HttpMethod.DELETE, "/actuator/kafkaevents/rows/999999999", null), 404, "999999999");
        assertProblem(exchange(HttpMethod.DELETE, "/actuator/kafkaevents/rows/1?dryRun=true", null), 400, "'dryRun'");
        assertProblem(
                exchange(HttpMethod.POST, "/actuator/kafkaevents/rows/1/retry", Map.of("force", true)), 400, "'force'");
        assertProblem(
                exchange(HttpMethod.POST, "/actuator/kafkalisteners/none/suspend", Map.of("for", "10m")), 400, "'for'");
    }

    @Test
    void whenAnOrderIsInvalidThenTheProblemNamesEveryField() {
        ResponseEntity<JsonNode> response =
                exchange(HttpMethod.POST, "/orders", Map.of("customerId", " ", "item", "book", "amount", 0));
        assertProblem(response, 400, "");
        assertThat(response.getBody().at("/errors").findValuesAsText("field")).containsExactly("amount", "customerId");
        assertProblem(exchange(HttpMethod.POST, "/orders", Map.of()), 400, "");
    }

    @Test
    void whenThereIsNothingThenAProblemSaysSo() {
        assertProblem(look("/orders/" + new UUID(0, 0)), 404, "no order");
        assertProblem(look("/orders/nonsense"), 400, "");
        assertProblem(look("/orders?status=LOST"), 400, "status");
        assertProblem(look("/orders?limit=0"), 400, "");
        assertProblem(exchange(HttpMethod.POST, "/demo/broker/explode", null), 404, "explode");
        assertProblem(exchange(HttpMethod.POST, "/demo/payments/late", null), 404, "late");
    }

    private JsonNode place(String customer, int amount) {
        return order(customer, "book", amount);
    }

    private JsonNode order(String customer, String item, int amount) {
        ResponseEntity<JsonNode> response =
                exchange(HttpMethod.POST, "/orders", Map.of("customerId", customer, "item", item, "amount", amount));
        assertThat(response.getStatusCode().value())
                .as("%s", response.getBody())
                .isEqualTo(202);
        return response.getBody();
    }

    private void awaitStatus(JsonNode placed, String status) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(text(shown(placed), "/status")).isEqualTo(status));
    }

    private JsonNode shown(JsonNode placed) {
        return get("/orders/" + text(placed, "/orderId"));
    }

    private long pending() {
        return get("/actuator/kafkaevents").at("/retry/pending").asLong(-1);
    }

    private double metric(String name) {
        return get("/actuator/metrics/" + name).at("/measurements/0/value").asDouble(Double.NaN);
    }

    private JsonNode get(String path) {
        ResponseEntity<JsonNode> response = exchange(HttpMethod.GET, path, null);
        assertThat(response.getStatusCode().value()).as(path).isEqualTo(200);
        return response.getBody();
    }

    private ResponseEntity<JsonNode> look(String path) {
        return exchange(HttpMethod.GET, path, null);
    }

    private JsonNode post(String path) {
        ResponseEntity<JsonNode> response = exchange(HttpMethod.POST, path, null);
        assertThat(response.getStatusCode().value()).as(path).isEqualTo(200);
        return response.getBody();
    }

    private ResponseEntity<JsonNode> exchange(HttpMethod method, String path, Object body) {
        HttpHeaders headers = new HttpHeaders();
        headers.setAccept(List.of(MediaType.APPLICATION_JSON));
        return this.http.exchange(path, method, new HttpEntity<>(body, headers), JsonNode.class);
    }

    private static void assertProblem(ResponseEntity<JsonNode> response, int status, String detail) {
        assertThat(response.getStatusCode().value()).isEqualTo(status);
        assertThat(response.getHeaders().getContentType()).isEqualTo(MediaType.APPLICATION_PROBLEM_JSON);
        assertThat(text(response.getBody(), "/status")).isEqualTo(String.valueOf(status));
        assertThat(text(response.getBody(), "/detail")).contains(detail);
    }

    private static String text(JsonNode node, String pointer) {
        return node.at(pointer).asText();
    }
}
