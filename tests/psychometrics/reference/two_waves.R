# Reference values for the tests in tests/psychometrics: Rscript two_waves.R (in this folder) writes the JSON.
# Run once with R 4.2.2, lavaan 0.6-14, psych 2.2.9, semTools 0.5-6, multilevel 2.7. The data is simulated.
library(lavaan)
library(psych)
library(multilevel)
library(jsonlite)

d <- read.csv("two_waves.csv")
items <- 1:6
before <- paste0("before_", items)
after <- paste0("after_", items)
fit_of <- function(f) as.list(fitMeasures(f, c("chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "rmsea",
  "rmsea.ci.lower", "rmsea.ci.upper", "srmr")))

# Reliability ---------------------------------------------------------------------------------------------------------
alpha_of <- function(x, n) {
  a <- psych::alpha(x, check.keys = FALSE, warnings = FALSE)
  k <- ncol(x)
  raw <- a$total$raw_alpha
  list(n = n, cronbach_alpha = raw, if_deleted = a$alpha.drop$raw_alpha, item_rest = a$item.stats$r.drop,
       feldt = 1 - (1 - raw) * qf(c(.975, .025), n - 1, (n - 1) * (k - 1)),
       feldt_90 = 1 - (1 - raw) * qf(c(.95, .05), n - 1, (n - 1) * (k - 1)))
}
x <- d[before]
whole <- na.omit(x)
one <- cfa(paste("f =~", paste(before, collapse = " + ")), data = whole, std.lv = TRUE)
est <- lavInspect(one, "est")
se <- lavInspect(one, "se")
reliability <- list(
  listwise = alpha_of(whole, nrow(whole)),
  pairwise = alpha_of(x, nrow(x)),
  covariance_pairwise = cov(x, use = "pairwise"),
  omega_observed_variance = as.numeric(semTools::compRelSEM(one)),
  omega_model_variance = sum(est$lambda)^2 / (sum(est$lambda)^2 + sum(diag(est$theta)))
)
one_factor <- list(n = nrow(whole), fit = fit_of(one), loadings = as.numeric(est$lambda),
  loading_se = as.numeric(se$lambda), uniquenesses = diag(est$theta), uniqueness_se = diag(se$theta),
  covariance = cov(whole), standardised = as.numeric(lavInspect(one, "std")$lambda))
three <- cfa("f =~ before_1 + before_2 + before_3", data = whole, std.lv = TRUE)
one_factor$three_items <- list(fit = fit_of(three), loadings = as.numeric(lavInspect(three, "est")$lambda))

# Two arms at the second wave; latent differences in points by effects coding ----------------------------------------
measured <- paste("f =~", paste(after, collapse = " + "))
difference <- function(f, label) {
  p <- parameterEstimates(f)
  row <- p[p$label == label & p$op == ":=", ]
  list(est = row$est, se = row$se)
}
loading_lines <- function(name, names, labels) paste0(name, " =~ ", paste0(labels, "*", names, collapse = " + "))
twice <- function(labels) paste0("c(", labels, ",", labels, ")")
sum_to <- function(labels, total) paste(labels[1], "==", total, "-", paste(labels[-1], collapse = " - "))
l <- paste0("l", items)
t <- paste0("t", items)
groups_model <- function(freed) {
  intercepts <- ifelse(items %in% freed, paste0("c(t", items, ",u", items, ")"), twice(t))
  c(sub("=~ ", "=~ NA*after_1 + ", loading_lines("f", after, twice(l))), paste0(after, " ~ ", intercepts, "*1"),
    "f ~ c(m1,m2)*1", "f ~~ c(NA,NA)*f", sum_to(l, 6), sum_to(t, 0), "d := m2 - m1")
}
as_group <- d[complete.cases(d[after]), ]
groups_fit <- function(freed) cfa(paste(groups_model(freed), collapse = "\n"), data = as_group, group = "arm",
  group.label = c("0", "1"), meanstructure = TRUE)
levels_of <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"))
groups <- list(n = as.list(table(as_group$arm)), fits = lapply(levels_of, function(equal) fit_of(cfa(measured,
  data = as_group, group = "arm", group.label = c("0", "1"), group.equal = equal))))
groups$freeing_one <- sapply(items, function(i) fitMeasures(groups_fit(i), "chisq"))
for (name in c("none", "two")) {
  freed <- if (name == "none") integer() else c(2, 5)
  f <- groups_fit(freed)
  p <- parameterEstimates(f)
  groups[[name]] <- list(fit = fit_of(f), latent = difference(f, "d"))
  if (name == "two") groups$shift <- lapply(freed, function(i) {
    g <- cfa(paste(c(groups_model(freed), paste0("s := u", i, " - t", i)), collapse = "\n"), data = as_group,
      group = "arm", group.label = c("0", "1"))
    difference(g, "s")
  })
}
scalar <- cfa(measured, data = as_group, group = "arm", group.label = c("0", "1"),
  group.equal = c("loadings", "intercepts"))
groups$score_tests <- tail(lavTestScore(scalar)$uni$X2, 6)
teams_3 <- as_group
teams_3$third <- teams_3$team %% 3
three_groups <- lapply(levels_of, function(equal) fit_of(cfa(measured, data = teams_3, group = "third",
  group.label = c("0", "1", "2"), group.equal = equal)))

# The same people at two waves ----------------------------------------------------------------------------------------
waves_model <- function(level, freed = integer()) {
  m <- paste0("m", items)
  u <- paste0("u", items)
  second_loading <- if (level == "configural") m else l
  second_intercept <- if (level == "scalar") ifelse(items %in% freed, u, t) else u
  scale <- switch(level,
    configural = c("f1 ~~ 1*f1", "f2 ~~ 1*f2", "f1 ~ 0*1", "f2 ~ 0*1"),
    metric = c("f1 ~~ 1*f1", "f2 ~~ NA*f2", "f1 ~ 0*1", "f2 ~ 0*1"),
    scalar = c("f1 ~~ NA*f1", "f2 ~~ NA*f2", "f1 ~ k1*1", "f2 ~ k2*1", sum_to(l, 6), sum_to(t, 0), "d := k2 - k1"))
  c(sub("=~ ", "=~ NA*before_1 + ", loading_lines("f1", before, l)),
    sub("=~ ", "=~ NA*after_1 + ", loading_lines("f2", after, second_loading)), "f1 ~~ f2",
    paste(before, "~~", after), paste0(before, " ~ ", t, "*1"), paste0(after, " ~ ", second_intercept, "*1"), scale)
}
linked <- d[complete.cases(d[c(before, after)]), ]
waves_fit <- function(level, freed = integer(), data = linked) cfa(paste(waves_model(level, freed),
  collapse = "\n"), data = data, meanstructure = TRUE)
waves <- list(n = nrow(linked), fits = sapply(names(levels_of), function(level) fit_of(waves_fit(level)),
  simplify = FALSE))
waves$none <- list(latent = difference(waves_fit("scalar"), "d"))
pilot <- linked[linked$arm == 1, ]
waves$pilot <- list(n = nrow(pilot), fits = sapply(names(levels_of), function(level) fit_of(waves_fit(level,
  data = pilot)), simplify = FALSE))
two <- waves_fit("scalar", c(2, 5), pilot)
waves$pilot$two <- list(fit = fit_of(two), latent = difference(two, "d"))
waves$pilot$freeing_one <- sapply(items, function(i) fitMeasures(waves_fit("scalar", i, pilot), "chisq"))

# Teams ---------------------------------------------------------------------------------------------------------------
score <- rowMeans(d[before])
seen <- !is.na(score)
a <- aov(score ~ factor(team), d)
agreement <- rwg.j(d[before], d$team, ranvar = 2)
single <- rwg(d$before_1, d$team, ranvar = 2)
size <- table(d$team[seen])
k <- (sum(size) - sum(size^2) / sum(size)) / (length(size) - 1)
s <- summary(a)[[1]]
f <- s[1, 4]
bounds <- f / qf(c(.975, .025), s[1, 1], s[2, 1])
teams <- list(icc_1 = multilevel::ICC1(a), icc_2 = multilevel::ICC2(a), n0 = k,
  icc_1_n0 = (s[1, 3] - s[2, 3]) / (s[1, 3] + (k - 1) * s[2, 3]), f = f, p = s[1, 5],
  icc_1_interval = (bounds - 1) / (bounds + k - 1), icc_2_interval = 1 - 1 / bounds,
  rwg_j = data.frame(team = as.integer(agreement$grpid), value = agreement$rwg.j, n = agreement$gsize),
  rwg = data.frame(team = as.integer(single$grpid), value = single$rwg, n = single$gsize))

# Carelessness, from base R ------------------------------------------------------------------------------------------
both <- d[c(before, after)]
careless <- list(
  long_string = apply(both, 1, function(r) if (all(is.na(r))) 0 else max(rle(r[!is.na(r)])$lengths)),
  variability = apply(both, 1, sd, na.rm = TRUE),
  mahalanobis = mahalanobis(both, colMeans(both, na.rm = TRUE), cov(both, use = "complete.obs")),
  mahalanobis_complete = mahalanobis(na.omit(both), colMeans(na.omit(both)), cov(na.omit(both))))

write(toJSON(list(reliability = reliability, one_factor = one_factor, groups = groups, three_groups = three_groups,
  waves = waves, teams = teams, careless = careless), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null"),
  "two_waves.json")
